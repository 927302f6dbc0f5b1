"""How an update of the trained weights is made where it is not the chosen optimizer's plain step."""
