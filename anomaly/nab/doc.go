// Package nab reads the Numenta Anomaly Benchmark and scores detectors on it as its rules say (Lavin and Ahmad, "Evaluating
// Real-time Anomaly Detection Algorithms: the Numenta Anomaly Benchmark", ICMLA 2015): each window of an anomaly counts
// once, by how early it is found; each alarm outside costs, the more the farther behind a window it comes; one threshold
// for all files; 0 is a detector that finds nothing, 100 one that finds everything at once.
//
// It is part of the measuring bench, not of the program. It may import nothing of ours.
package nab
