"""Pictures: what pages show is made of what lies beside bulletins, once in a picture's life."""
