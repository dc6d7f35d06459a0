"""Plots of braille dots in a terminal."""
