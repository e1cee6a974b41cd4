"""Pure functions of frames and plans: actuals, variance, forecast, alerts, reports."""
