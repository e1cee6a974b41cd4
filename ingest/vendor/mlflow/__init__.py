"""Training runs of an MLflow tracking server, as usage: never a cost."""
