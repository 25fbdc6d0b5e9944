"""Tests of the package and of its ``Browser`` with Chromium, Firefox and WebKit."""
