"""The week in numbers, for coordinators."""
