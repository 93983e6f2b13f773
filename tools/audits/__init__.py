"""What tools/audit_answers.py goes by: corpora read anew, and answers rebuilt from them."""
