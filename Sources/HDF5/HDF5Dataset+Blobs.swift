import CHDF5

extension HDF5Dataset {
    /// Reads variable-length uint8 elements of a dataset with one axis.
    ///
    /// - Parameter bytes: where the elements' bytes are appended, one after another.
    /// - Returns: the length of each element.
    public func readBlobs(
        _ range: Range<Int>, appendingTo bytes: inout [UInt8]
    ) throws(HDF5Error) -> [Int] {
        try requireType(.variableLength(.uint8))
        try requireFilters()
        let length = try shape().first ?? 0
        guard range.lowerBound >= 0, range.upperBound <= length else {
            throw HDF5Error(
                .outOfBounds("elements \(range) lie outside the length \(length)."), at: place)
        }
        if let references = try heapReferences(range), let source = file.bytes {
            var heap = GlobalHeap(source)
            for reference in references {
                bytes += try heap.data(of: reference, at: place)
            }
            return references.map(\.elementCount)
        }
        return try readBlobsByLibrary(range, appendingTo: &bytes)
    }

    /// The lengths of variable-length uint8 elements, without reading the data where the file's
    /// layout allows that.
    public func blobLengths(_ range: Range<Int>) throws(HDF5Error) -> [Int] {
        if elementType == .variableLength(.uint8), let references = try heapReferences(range) {
            return references.map(\.elementCount)
        }
        var bytes: [UInt8] = []
        return try readBlobs(range, appendingTo: &bytes)
    }

    private func readBlobsByLibrary(
        _ range: Range<Int>, appendingTo bytes: inout [UInt8]
    ) throws(HDF5Error) -> [Int] {
        var elements: [hvl_t] = []
        let (native, selection) = try readVariable(range, into: &elements)
        let (typeID, memory) = (native.id, selection.memory.id)
        defer { _ = HDF5Library.call { H5Dvlen_reclaim(typeID, memory, 0, &elements) } }
        bytes.reserveCapacity(bytes.count + elements.reduce(0) { $0 + $1.len })
        for element in elements {
            bytes.append(contentsOf: UnsafeRawBufferPointer(start: element.p, count: element.len))
        }
        return elements.map { $0.len }
    }

    private func readVariable(
        _ range: Range<Int>, into elements: inout [hvl_t]
    ) throws(HDF5Error) -> (Handle, Selection) {
        let selection = try Selection(of: self, offset: [range.lowerBound], count: [range.count])
        let native = try elementType.native(at: place)
        let (id, typeID) = (handle.id, native.id)
        let (memory, file) = (selection.memory.id, selection.file.id)
        elements = [hvl_t](repeating: hvl_t(len: 0, p: nil), count: range.count)
        guard !range.isEmpty else { return (native, selection) }
        try HDF5Library.attempt("read the data", at: place) {
            H5Dread(id, typeID, memory, file, 0, &elements)
        }
        return (native, selection)
    }

    /// Writes variable-length uint8 elements from `offset` on the only axis.
    public func write(blobs: [[UInt8]], at offset: Int) throws(HDF5Error) {
        try requireType(.variableLength(.uint8))
        guard !blobs.isEmpty else { return }
        let selection = try Selection(of: self, offset: [offset], count: [blobs.count])
        let native = try elementType.native(at: place)
        let (id, typeID) = (handle.id, native.id)
        let (memory, file) = (selection.memory.id, selection.file.id)
        var lengths = blobs.map { hvl_t(len: $0.count, p: nil) }
        let joined = UnsafeMutableRawBufferPointer.allocate(
            byteCount: blobs.reduce(0) { $0 + $1.count }, alignment: 16)
        defer { joined.deallocate() }
        var end = 0
        for (index, blob) in blobs.enumerated() {
            let part = UnsafeMutableRawBufferPointer(rebasing: joined[end..<end + blob.count])
            part.copyBytes(from: blob)
            lengths[index].p = part.baseAddress
            end += blob.count
        }
        try HDF5Library.attempt("write the data", at: place) {
            H5Dwrite(id, typeID, memory, file, 0, lengths)
        }
    }
}
