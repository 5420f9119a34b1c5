"""What letters to suppliers look like and say: the unit's letterhead and the texts, both dated data of the region."""
