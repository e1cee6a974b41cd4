"""Usage cost exports of Google Cloud: their rows, what these mean as charges, and the control."""
