# Flux of the linear injection over the ray-shot flux, against the distance of a source from a caustic: the numbers that
# tests/unit/mocks/shoot_test.cpp prints.   gnuplot docs/figures/linear_injection.gp
set terminal svg size 720,420 font "sans,13" background "white"
set output "docs/figures/linear_injection.svg"
$fold << EOD
0.1 3.518
0.5 1.411
1 0.992
2 0.888
3 0.943
5 0.984
10 0.9962
20 0.9991
40 0.9998
EOD
$inside << EOD
1 12.59
2 5.98
5 2.127
10 1.039
20 0.908
40 0.991
100 0.9994
EOD
$outside << EOD
1 7.06
2 3.756
5 1.823
10 1.251
20 1.051
40 1.007
100 1.0004
EOD
set logscale xy
set xrange [0.08:130]
set yrange [0.7:16]
set xlabel "distance of the source from the caustic [standard deviations of the source]"
set ylabel "linear / ray-shot flux"
set ytics (0.7, 0.8, 0.9, 1, 1.5, 2, 3, 5, 10)
set border 3 lc rgb "#9aa5b1"
set grid lc rgb "#e3e8ec"
set tics nomirror
set key top right
set object rectangle from graph 0, first 0.99 to graph 1, first 1.01 fc rgb "#d5e8d4" fs solid noborder behind
plot $fold with linespoints pt 7 ps 0.7 lw 2 lc rgb "#0072b2" title "inside a fold", \
     $inside with linespoints pt 7 ps 0.7 lw 2 lc rgb "#d55e00" title "inside a cusp, on its axis", \
     $outside with linespoints pt 6 ps 0.7 lw 2 lc rgb "#e69f00" title "outside the cusp, on its axis"
