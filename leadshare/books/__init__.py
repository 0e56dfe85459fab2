"""Books: what Microsoft's own books tell of visits, orders and billed revenue, and of no person."""
