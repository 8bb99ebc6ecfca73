// The files of a Lenstool project: best.par (the model), bayes.dat (its posterior) and arcs.dat (its
// constraints). Lenstool: Jullo et al. (2007), New J. Phys. 9, 447.
#pragma once

#include "engine/lens/lenstool/arcs.h"
#include "engine/lens/lenstool/bayes.h"
#include "engine/lens/lenstool/par.h"
