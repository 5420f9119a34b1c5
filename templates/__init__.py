"""All text and its rendering: pages, mails, documents, catalogues. Imports nothing of ours."""
