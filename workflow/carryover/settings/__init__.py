"""What a user may write: settings of models, training, studies and claims, checked by pydantic."""
