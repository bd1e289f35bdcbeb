import CHDF5

/// How a new dataset is stored.
public struct HDF5Storage: Sendable {
    /// The shape of a chunk; needed to grow, compress or checksum. nil stores the data in one
    /// piece.
    public var chunk: [Int]?
    /// Whether the first axis may grow.
    public var isExtendable: Bool
    /// gzip level 1...9; nil for none.
    public var deflate: Int?
    /// Whether chunks carry a Fletcher-32 checksum, so that a damaged one is noticed when it is
    /// read.
    public var isChecksummed: Bool

    public init(
        chunk: [Int]? = nil, isExtendable: Bool = false, deflate: Int? = nil,
        isChecksummed: Bool = false
    ) {
        self.chunk = chunk
        self.isExtendable = isExtendable
        self.deflate = deflate
        self.isChecksummed = isChecksummed
    }
}

extension HDF5File {
    /// Makes a dataset, and the groups on the way to it.
    @discardableResult
    public func createDataset(
        _ name: String, of type: HDF5ElementType, shape: [Int], storage: HDF5Storage = HDF5Storage()
    ) throws(HDF5Error) -> HDF5Dataset {
        let place = Place(path: path, object: name)
        let lengths = shape.map { hsize_t($0) }
        var limits = lengths
        if storage.isExtendable, !limits.isEmpty { limits[0] = CHDF5_unlimited() }
        let space = try Handle(.dataspace, "make the shape", at: place) {
            lengths.isEmpty
                ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(lengths.count), lengths, limits)
        }
        let native = try type.native(at: place)
        try createGroups(above: name)
        let properties = try storage.properties(at: place)
        let (file, typeID, spaceID) = (handle.id, native.id, space.id)
        let propertiesID = properties.id
        let dataset = try Handle(.dataset, "create the dataset", at: place) {
            H5Dcreate2(file, name, typeID, spaceID, 0, propertiesID, 0)
        }
        return try HDF5Dataset(file: self, place: place, handle: dataset)
    }

    /// Makes a dataset of numbers and fills it.
    @discardableResult
    public func createDataset<Element: HDF5Element>(
        _ name: String, holding values: [Element], shape: [Int],
        storage: HDF5Storage = HDF5Storage()
    ) throws(HDF5Error) -> HDF5Dataset {
        let dataset = try createDataset(
            name, of: Element.elementType, shape: shape, storage: storage)
        try dataset.write(values, at: shape.map { _ in 0 }, count: shape)
        return dataset
    }

    /// Makes a one-axis dataset of variable-length strings.
    @discardableResult
    public func createDataset(
        _ name: String, holding strings: [String]
    ) throws(HDF5Error) -> HDF5Dataset {
        let dataset = try createDataset(name, of: .string, shape: [strings.count])
        try dataset.write(strings: strings)
        return dataset
    }
}

extension HDF5Storage {
    fileprivate func properties(at place: Place) throws(HDF5Error) -> Handle {
        let properties = try HDF5File.untimedProperties(CHDF5_dataset_create, at: place)
        let id = properties.id
        if let chunk {
            let lengths = chunk.map { hsize_t($0) }
            try HDF5Library.attempt("set the chunk \(chunk)", at: place) {
                H5Pset_chunk(id, Int32(lengths.count), lengths)
            }
        }
        if let deflate {
            try HDF5Library.attempt("set gzip level \(deflate)", at: place) {
                H5Pset_deflate(id, UInt32(clamping: deflate))
            }
        }
        if isChecksummed {
            try HDF5Library.attempt("set the checksum", at: place) { H5Pset_fletcher32(id) }
        }
        return properties
    }
}

extension HDF5Dataset {
    /// Grows or shrinks an extendable dataset.
    public func resize(to shape: [Int]) throws(HDF5Error) {
        let lengths = shape.map { hsize_t($0) }
        let id = handle.id
        try requireRank(shape.count)
        try HDF5Library.attempt("resize to \(shape)", at: place) { H5Dset_extent(id, lengths) }
    }

    /// Writes the hyperslab of `count` elements an axis from `offset`, row-major.
    public func write<Element: HDF5Element>(
        _ values: [Element], at offset: [Int], count: [Int]
    ) throws(HDF5Error) {
        try values.withUnsafeBufferPointer { (values) throws(HDF5Error) in
            try write(
                UnsafeRawBufferPointer(values), as: Element.elementType, at: offset, count: count)
        }
    }

    /// Writes the caller's memory, which holds elements of `type`, into a hyperslab.
    public func write(
        _ memory: UnsafeRawBufferPointer, as type: HDF5ElementType, at offset: [Int], count: [Int]
    ) throws(HDF5Error) {
        guard type.widens(to: elementType), let elementBytes = type.byteCount else {
            throw HDF5Error(.wrongType(expected: type, actual: elementType), at: place)
        }
        let selection = try Selection(of: self, offset: offset, count: count)
        guard memory.count == selection.elementCount * elementBytes else {
            throw HDF5Error(
                .outOfBounds(
                    "\(memory.count) bytes are not \(selection.elementCount) elements of \(type)."),
                at: place)
        }
        guard selection.elementCount > 0 else { return }
        let native = try type.native(at: place)
        let (id, typeID) = (handle.id, native.id)
        let (memorySpace, fileSpace) = (selection.memory.id, selection.file.id)
        try HDF5Library.attempt("write the data", at: place) {
            H5Dwrite(id, typeID, memorySpace, fileSpace, 0, memory.baseAddress)
        }
    }
}
