"""Operations on tensors: one file a family, each with its forward and backward side by side."""
