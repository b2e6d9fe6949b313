"""From a file to cells that know their step: reading, tags and settings."""
