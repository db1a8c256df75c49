"""What the code is: the repository as git sees it, and one Python file as it is written."""
