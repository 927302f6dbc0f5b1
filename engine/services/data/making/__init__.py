"""Rows made from documents: the documents, the writers, what it will cost, and the job."""
