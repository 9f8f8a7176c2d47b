"""Pictures of training shapes: drawn off screen, with their masks and cameras."""
