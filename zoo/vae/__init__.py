"""An evidence bound with a standard-normal prior: likelihoods, divergences, posteriors."""
