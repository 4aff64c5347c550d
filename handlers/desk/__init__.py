"""What staff do, one file a kind of deed, through whichever door it comes: the desk, the API, a signed hook or the command line."""
