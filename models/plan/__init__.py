"""Plans: driver-based items phased over months, their files, sheets, versions and scenarios."""
