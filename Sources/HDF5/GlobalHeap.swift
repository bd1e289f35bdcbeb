/// Where one variable-length element lies: what the file holds in the element's place.
struct HeapReference {
    static let byteCount = 16

    let elementCount: Int
    let collection: UInt64
    let object: Int

    /// 4 bytes of length, 8 of the collection's address, 4 of the object's number in it.
    init(_ bytes: [UInt8], at offset: Int) {
        elementCount = Int(bytes.number(UInt32.self, at: offset))
        collection = bytes.number(UInt64.self, at: offset + 4)
        object = Int(bytes.number(UInt32.self, at: offset + 12))
    }
}

/// Follows references into the global heap, checking every step.
///
/// A collection is "GCOL", a version, its size, then objects: number, reference count, size, data
/// padded to 8 bytes; number 0 is the free space that ends it.
struct GlobalHeap {
    private let bytes: FileBytes
    /// The collection read last: neighbours usually lie in the same.
    private var address = UInt64.max
    private var content: [UInt8] = []
    private var objects: [Int: Range<Int>] = [:]

    private static let headerBytes = 16

    init(_ bytes: FileBytes) { self.bytes = bytes }

    /// The bytes of an element whose elements are single bytes.
    mutating func data(
        of reference: HeapReference, at place: Place
    ) throws(HDF5Error) -> ArraySlice<UInt8> {
        guard reference.elementCount > 0 else { return [] }
        if reference.collection != address { try open(reference.collection, at: place) }
        guard let range = objects[reference.object], range.count >= reference.elementCount else {
            throw HDF5Error(
                .damaged(
                    "a reference to \(reference.elementCount) bytes leads nowhere"),
                at: place)
        }
        return content[range].prefix(reference.elementCount)
    }

    private mutating func open(_ collection: UInt64, at place: Place) throws(HDF5Error) {
        address = .max
        objects = [:]
        let header = try bytes.read(Self.headerBytes, at: collection)
        guard header.starts(with: "GCOL".utf8), header[4] == 1,
            let size = Int(exactly: header.number(UInt64.self, at: 8)), size >= Self.headerBytes
        else {
            throw HDF5Error(.damaged("there is no heap at \(collection)"), at: place)
        }
        content = try bytes.read(size, at: collection)
        var position = Self.headerBytes
        while size - position >= Self.headerBytes {
            let number = Int(content.number(UInt16.self, at: position))
            if number == 0 { break }
            let start = position + Self.headerBytes
            guard let length = Int(exactly: content.number(UInt64.self, at: position + 8)),
                length <= size - start, objects[number] == nil
            else {
                throw HDF5Error(
                    .damaged("the heap at \(collection) contradicts itself"), at: place)
            }
            objects[number] = start..<start + length
            position = start + (length + 7) / 8 * 8
        }
        address = collection
    }
}
