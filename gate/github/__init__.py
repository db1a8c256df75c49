"""The steps of the Action: what runs in a job of GitHub Actions, around `gate check` and after it."""
