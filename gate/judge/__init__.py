"""What follows from the evidence: pure rules, their texts, and the verdict."""
