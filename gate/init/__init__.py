"""A first policy and workflows for a repository, by what is seen in it; none of its code is run."""
