"""The store: its places, its objects, its tables and what is asked of them."""
