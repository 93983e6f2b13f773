"""Its folder is on the path of imports, so that the test of each corpus finds `cases`."""
