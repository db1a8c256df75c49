"""The base of every pull request of the cheats: small, honest, tested in full, PASS as it stands."""
