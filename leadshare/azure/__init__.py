"""Azure: tables and queues through Microsoft's libraries; all that knows them."""
