"""Deliveries: what a visit of the tick asks a destination beside handing over leads."""
