"""Settings that a user can write: of models, training, studies and claims. Pydantic checks them."""
