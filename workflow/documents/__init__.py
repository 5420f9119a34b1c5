"""Documents that leave the house: values in, Word bytes and canonical text out. No database, no clock."""
