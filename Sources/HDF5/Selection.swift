import CHDF5

/// A hyperslab of a dataset and the memory that matches it.
struct Selection {
    let file: Handle
    let memory: Handle
    let elementCount: Int

    /// Checks the bounds first: HDF5's own words for a selection outside the extent are of little
    /// help.
    init(of dataset: HDF5Dataset, offset: [Int], count: [Int]) throws(HDF5Error) {
        let place = dataset.place
        let id = dataset.handle.id
        file = try Handle(.dataspace, "read the shape", at: place) { H5Dget_space(id) }
        let shape = try HDF5Dataset.shape(of: file, at: place)
        guard offset.count == shape.count, count.count == shape.count else {
            throw HDF5Error(.wrongRank(expected: offset.count, actual: shape.count), at: place)
        }
        var elements = 1
        for axis in shape.indices {
            let (end, over) = offset[axis].addingReportingOverflow(count[axis])
            guard offset[axis] >= 0, count[axis] >= 0, !over, end <= shape[axis] else {
                throw HDF5Error(
                    .outOfBounds(
                        "\(count[axis]) from \(offset[axis]) on axis \(axis) lies outside its "
                            + "length \(shape[axis])."), at: place)
            }
            let (product, overflow) = elements.multipliedReportingOverflow(by: count[axis])
            guard !overflow else {
                throw HDF5Error(.implausibleSize(bytes: Int.max), at: place)
            }
            elements = product
        }
        elementCount = elements
        let lengths = count.map { hsize_t($0) }
        memory = try Handle(.dataspace, "describe the memory", at: place) {
            lengths.isEmpty
                ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(lengths.count), lengths, nil)
        }
        guard !shape.isEmpty, elements > 0 else { return }
        let starts = offset.map { hsize_t($0) }
        let space = file.id
        try HDF5Library.attempt("select part of the data", at: place) {
            H5Sselect_hyperslab(space, H5S_SELECT_SET, starts, nil, lengths, nil)
        }
    }
}
