"""What a store holds as tables: written month by month, asked by SQL."""
