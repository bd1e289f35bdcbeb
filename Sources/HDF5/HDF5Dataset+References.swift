import CHDF5

extension HDF5Dataset {
    /// What the file holds in the place of the elements `range` of a variable-length dataset with
    /// one axis; nil where only the library can tell (filters, foreign layouts).
    func heapReferences(_ range: Range<Int>) throws(HDF5Error) -> [HeapReference]? {
        guard let bytes = file.bytes, filters.isEmpty else { return nil }
        let count = HeapReference.byteCount
        if let chunk {
            guard chunk.count == 1, chunk[0] > 0 else { return nil }
            var references: [HeapReference] = []
            references.reserveCapacity(range.count)
            var next = range.lowerBound
            while next < range.upperBound {
                let start = next / chunk[0] * chunk[0]
                let end = min(start + chunk[0], range.upperBound)
                let address = try chunkAddress(at: start, bytes: chunk[0] * count)
                let part = try address.map { (address) throws(HDF5Error) in
                    try bytes.read(
                        (end - next) * count, at: address + UInt64((next - start) * count))
                }
                references += Self.references(in: part, count: end - next)
                next = end
            }
            return references
        }
        guard isContiguous else { return nil }
        let id = handle.id
        let address = UInt64(HDF5Library.value { H5Dget_offset(id) })
        guard address != UInt64.max else { return Self.references(in: nil, count: range.count) }
        let (start, over) = address.addingReportingOverflow(UInt64(range.lowerBound * count))
        guard !over else { throw HDF5Error(.damaged("the data lies outside the file"), at: place) }
        return Self.references(
            in: try bytes.read(range.count * count, at: start), count: range.count)
    }

    /// nil where the chunk was never written.
    private func chunkAddress(at element: Int, bytes: Int) throws(HDF5Error) -> UInt64? {
        let id = handle.id
        var offset = hsize_t(element)
        var (mask, address, size): (UInt32, haddr_t, hsize_t) = (0, 0, 0)
        try HDF5Library.attempt("find a chunk", at: place) {
            H5Dget_chunk_info_by_coord(id, &offset, &mask, &address, &size)
        }
        guard address != haddr_t.max, size > 0 else { return nil }
        guard size == bytes, address < haddr_t(Int.max) else {
            throw HDF5Error(.damaged("a chunk of \(size) bytes should have \(bytes)"), at: place)
        }
        return UInt64(address)
    }

    /// Data never written reads as empty elements.
    private static func references(in bytes: [UInt8]?, count: Int) -> [HeapReference] {
        let bytes = bytes ?? [UInt8](repeating: 0, count: count * HeapReference.byteCount)
        return (0..<count).map { HeapReference(bytes, at: $0 * HeapReference.byteCount) }
    }
}
