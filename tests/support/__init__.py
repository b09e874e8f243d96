"""Fakes and builders that tests share; small working programs, never mocks."""
