"""The poems that were saved: keeping them, writing them again, exporting them."""
