import CHDF5

/// An open dataset: an array of `shape` in a file.
public final class HDF5Dataset: Sendable {
    /// Its name in the file, as `/train/frames`.
    public let name: String
    public let elementType: HDF5ElementType
    /// The shape of one chunk; nil where the data lies in one piece.
    public let chunk: [Int]?
    public let filters: [HDF5Filter]
    /// Whether the data lies in the file in one piece.
    let isContiguous: Bool

    let place: Place
    let handle: Handle
    let file: HDF5File

    init(
        file: HDF5File, place: Place, handle: Handle
    ) throws(HDF5Error) {
        self.file = file
        self.place = place
        self.handle = handle
        name = place.object ?? "/"
        let id = handle.id
        let type = try Handle(.datatype, "read the type", at: place) { H5Dget_type(id) }
        elementType = try HDF5ElementType(of: type, at: place)
        let properties = try Handle(.properties, "read the layout", at: place) {
            H5Dget_create_plist(id)
        }
        let propertiesID = properties.id
        filters = try HDF5Filter.all(in: propertiesID, at: place)
        let layout = HDF5Library.call { H5Pget_layout(propertiesID).rawValue }.0
        isContiguous = layout == H5D_CONTIGUOUS.rawValue
        if layout == H5D_CHUNKED.rawValue {
            chunk = try HDF5Dataset.chunk(in: propertiesID, at: place)
        } else {
            chunk = nil
        }
    }

    /// The lengths of the axes. A scalar has none.
    public func shape() throws(HDF5Error) -> [Int] {
        let id = handle.id
        let space = try Handle(.dataspace, "read the shape", at: place) { H5Dget_space(id) }
        return try HDF5Dataset.shape(of: space, at: place)
    }

    /// Bytes that the data takes in the file, after the filters.
    public func storageBytes() -> Int {
        let id = handle.id
        return Int(clamping: HDF5Library.value { H5Dget_storage_size(id) })
    }

    static func shape(of space: Handle, at place: Place) throws(HDF5Error) -> [Int] {
        let id = space.id
        let rank = try HDF5Library.attempt("read the rank", at: place) {
            H5Sget_simple_extent_ndims(id)
        }
        var lengths = [hsize_t](repeating: 0, count: Int(rank))
        try HDF5Library.attempt("read the shape", at: place) {
            H5Sget_simple_extent_dims(id, &lengths, nil)
        }
        return lengths.map { Int(clamping: $0) }
    }

    private static func chunk(
        in properties: hid_t, at place: Place
    ) throws(HDF5Error) -> [Int] {
        var lengths = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
        let rank = try HDF5Library.attempt("read the chunk shape", at: place) {
            H5Pget_chunk(properties, Int32(H5S_MAX_RANK), &lengths)
        }
        return lengths.prefix(Int(rank)).map { Int(clamping: $0) }
    }
}

extension HDF5File {
    /// Opens the dataset of this name.
    public func dataset(_ name: String) throws(HDF5Error) -> HDF5Dataset {
        let place = Place(path: path, object: name)
        try require(.dataset, at: place)
        let file = handle.id
        let handle = try Handle(.dataset, "open the dataset", at: place) { H5Dopen2(file, name, 0) }
        return try HDF5Dataset(file: self, place: place, handle: handle)
    }
}

extension HDF5Dataset {
    /// Fails unless the rank is as given.
    public func requireRank(_ expected: Int) throws(HDF5Error) {
        let actual = try shape().count
        guard actual == expected else {
            throw HDF5Error(.wrongRank(expected: expected, actual: actual), at: place)
        }
    }

    /// Fails unless the elements are exactly of this type.
    public func requireType(_ expected: HDF5ElementType) throws(HDF5Error) {
        guard elementType == expected else {
            throw HDF5Error(.wrongType(expected: expected, actual: elementType), at: place)
        }
    }
}
