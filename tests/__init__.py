"""The tests: folders by kind, `builders` for small worlds."""
