package detect

import "math"

// row is where a row of a lower triangle begins.
func row(i int) int { return i * (i + 1) / 2 }

// factor makes the covariance's Cholesky factor: lower·lowerᵀ, with the ridge. A field that has never changed gets a variance
// that is next to nothing beside its value, so that any change of it is far off.
func (d *Joint) factor() {
	for i := range d.fields {
		size := math.Abs(d.base[i]) + math.Abs(d.mean[i])
		least := ridge*d.cov[row(i)+i] + 1e-18*min(size, jointWidest)*min(size, jointWidest) + 1e-200
		for j := range i + 1 {
			sum := d.cov[row(i)+j]
			for k := range j {
				sum -= d.lower[row(i)+k] * d.lower[row(j)+k]
			}
			if i != j {
				d.lower[row(i)+j] = sum / d.lower[row(j)+j]
				continue
			}
			d.lower[row(i)+i] = math.Sqrt(max(sum, 0) + least)
		}
	}
}

// solve is the squared distance of a vector by the covariance, vᵀ·Σ⁻¹·v; solved is left as lower⁻¹·v.
func (d *Joint) solve(v []float64) float64 {
	square := 0.0
	for i := range d.fields {
		sum := v[i]
		for k := range i {
			sum -= d.lower[row(i)+k] * d.solved[k]
		}
		d.solved[i] = sum / d.lower[row(i)+i]
		square += d.solved[i] * d.solved[i]
	}
	return min(square, math.MaxFloat32)
}

// contributions says of each field by how much the squared distance would be less if the field were as the others let
// expect: (Σ⁻¹·v)ᵢ² / (Σ⁻¹)ᵢᵢ.
func (d *Joint) contributions(v []float64) []float64 {
	d.solve(v)
	// lowerᵀ·w = solved gives w = Σ⁻¹·v, from the last field on.
	for i := d.fields - 1; i >= 0; i-- {
		sum := d.solved[i]
		for k := i + 1; k < d.fields; k++ {
			sum -= d.lower[row(k)+i] * d.solved[k]
		}
		d.solved[i] = sum / d.lower[row(i)+i]
	}
	// (Σ⁻¹)ᵢᵢ is the squared length of the column i of lower⁻¹.
	var column [mostFields]float64
	for i := range d.fields {
		diagonal := 0.0
		for j := i; j < d.fields; j++ {
			sum := 0.0
			if j == i {
				sum = 1
			}
			for k := i; k < j; k++ {
				sum -= d.lower[row(j)+k] * column[k]
			}
			column[j] = sum / d.lower[row(j)+j]
			diagonal += column[j] * column[j]
		}
		d.parts[i] = 0
		if diagonal > 0 {
			d.parts[i] = min(math.MaxFloat32, d.solved[i]/diagonal*d.solved[i])
		}
	}
	return d.parts
}
