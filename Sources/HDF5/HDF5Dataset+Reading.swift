import CHDF5
import Foundation

extension HDF5Dataset {
    /// Reads everything. Numbers may widen (int32 to int64, float32 to float64), never narrow.
    public func read<Element: HDF5Element>(
        as element: Element.Type = Element.self
    ) throws(HDF5Error) -> [Element] {
        let shape = try shape()
        let elementBytes = MemoryLayout<Element>.stride
        let count = try plausibleCount(of: shape, elementBytes: elementBytes)
        var values = [Element](repeating: .zero, count: count)
        guard count > 0 else { return values }
        try values.withUnsafeMutableBufferPointer { (values) throws(HDF5Error) in
            try read(
                into: UnsafeMutableRawBufferPointer(values), as: Element.elementType,
                offset: [Int](repeating: 0, count: shape.count), count: shape)
        }
        return values
    }

    /// Reads the single element of a scalar.
    public func readScalar<Element: HDF5Element>(
        as element: Element.Type = Element.self
    ) throws(HDF5Error) -> Element {
        try requireRank(0)
        let values: [Element] = try read()
        guard let value = values.first else {
            throw HDF5Error(.outOfBounds("the scalar holds nothing."), at: place)
        }
        return value
    }

    /// Reads the hyperslab of `count` elements an axis from `offset` into the caller's memory,
    /// row-major.
    ///
    /// - Parameter type: what the memory holds; the stored type must widen to it.
    public func read(
        into memory: UnsafeMutableRawBufferPointer, as type: HDF5ElementType, offset: [Int],
        count: [Int]
    ) throws(HDF5Error) {
        guard elementType.widens(to: type), let elementBytes = type.byteCount else {
            throw HDF5Error(.wrongType(expected: type, actual: elementType), at: place)
        }
        try requireFilters()
        let selection = try Selection(of: self, offset: offset, count: count)
        guard memory.count == selection.elementCount * elementBytes else {
            throw HDF5Error(
                .outOfBounds(
                    "\(selection.elementCount) elements of \(type) do not fit "
                        + "\(memory.count) bytes of memory exactly."), at: place)
        }
        guard selection.elementCount > 0 else { return }
        let native = try type.native(at: place)
        let (id, typeID) = (handle.id, native.id)
        let (memorySpace, fileSpace) = (selection.memory.id, selection.file.id)
        try HDF5Library.attempt("read the data", at: place) {
            H5Dread(id, typeID, memorySpace, fileSpace, 0, memory.baseAddress)
        }
    }

    /// Fails, naming it, where a filter of the data is not installed.
    func requireFilters() throws(HDF5Error) {
        guard let missing = filters.first(where: { !$0.isAvailable }) else { return }
        throw HDF5Error(
            .filterMissing(identifier: missing.identifier, name: missing.name), at: place)
    }

    /// The number of elements, refused where a damaged shape claims more than the file can expand
    /// to.
    ///
    /// Deflate shrinks by 1032 at the most (zlib's technical notes), and a dataset whose chunks
    /// were never written reads as zeros, which is allowed up to `unwrittenLimit`.
    func plausibleCount(of shape: [Int], elementBytes: Int) throws(HDF5Error) -> Int {
        let deflateLimit = 1032
        let unwrittenLimit = 64 << 20
        var count = 1
        var bytes = elementBytes
        var overflow = false
        for length in shape {
            let (product, over) = bytes.multipliedReportingOverflow(by: length)
            overflow = overflow || over
            bytes = over ? Int.max : product
            count = over ? count : count * length
        }
        if shape.contains(0) { return 0 }
        var status = stat()
        let fileBytes =
            stat(file.temporaryPath ?? file.path, &status) == 0 ? Int(status.st_size) : 0
        let (expanded, over) = fileBytes.multipliedReportingOverflow(by: deflateLimit)
        guard !overflow, bytes <= max(over ? Int.max : expanded, unwrittenLimit) else {
            throw HDF5Error(.implausibleSize(bytes: bytes), at: place)
        }
        return count
    }
}
