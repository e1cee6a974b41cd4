"""Parts of the Azure source: deliveries, cost details, places in Blob storage."""
