"""The findings behind the ``flask cors`` commands. :mod:`.text` formats them for terminals."""
