"""Is the memory that a workload is said to need what frameworks take?"""
