import CHDF5
import Foundation

extension HDF5Dataset {
    /// Reads strings, of variable or fixed length, row-major.
    public func readStrings() throws(HDF5Error) -> [String] {
        switch elementType {
        case .string: return try readVariableStrings()
        case .fixedString(let bytes): return try readFixedStrings(of: bytes)
        default:
            throw HDF5Error(.wrongType(expected: .string, actual: elementType), at: place)
        }
    }

    private func readVariableStrings() throws(HDF5Error) -> [String] {
        try requireFilters()
        let count = try plausibleCount(
            of: shape(), elementBytes: HeapReference.byteCount)
        guard count > 0 else { return [] }
        if let references = try heapReferences(0..<count), let bytes = file.bytes {
            var heap = GlobalHeap(bytes)
            var strings: [String] = []
            for reference in references {
                let letters = try heap.data(of: reference, at: place)
                strings.append(try HDF5ElementType.string(letters, at: place))
            }
            return strings
        }
        return try readStringsByLibrary(count)
    }

    private func readStringsByLibrary(_ count: Int) throws(HDF5Error) -> [String] {
        let native = try HDF5ElementType.string.native(at: place)
        let id = handle.id
        let space = try Handle(.dataspace, "read the shape", at: place) { H5Dget_space(id) }
        let (typeID, spaceID) = (native.id, space.id)
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        try HDF5Library.attempt("read the strings", at: place) {
            H5Dread(id, typeID, 0, 0, 0, &pointers)
        }
        defer { _ = HDF5Library.call { H5Dvlen_reclaim(typeID, spaceID, 0, &pointers) } }
        var strings: [String] = []
        strings.reserveCapacity(count)
        for pointer in pointers {
            guard let pointer else {
                strings.append("")
                continue
            }
            guard let string = String(validatingCString: pointer) else {
                throw HDF5Error(.notUTF8, at: place)
            }
            strings.append(string)
        }
        return strings
    }

    private func readFixedStrings(of bytes: Int) throws(HDF5Error) -> [String] {
        try requireFilters()
        let count = try plausibleCount(of: shape(), elementBytes: bytes)
        guard count > 0, bytes > 0 else { return [] }
        let id = handle.id
        let type = try Handle(.datatype, "read the type", at: place) { H5Dget_type(id) }
        let typeID = type.id
        var characters = [UInt8](repeating: 0, count: count * bytes)
        try HDF5Library.attempt("read the strings", at: place) {
            H5Dread(id, typeID, 0, 0, 0, &characters)
        }
        return try HDF5ElementType.strings(in: characters, of: bytes, at: place)
    }

    /// Writes as many strings as the dataset has elements from `offset` on its only axis.
    public func write(strings: [String], at offset: Int = 0) throws(HDF5Error) {
        try requireType(.string)
        guard !strings.isEmpty else { return }
        let selection = try Selection(of: self, offset: [offset], count: [strings.count])
        let native = try HDF5ElementType.string.native(at: place)
        let (id, typeID) = (handle.id, native.id)
        let (memory, file) = (selection.memory.id, selection.file.id)
        let pointers = strings.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        try HDF5Library.attempt("write the strings", at: place) {
            H5Dwrite(id, typeID, memory, file, 0, pointers)
        }
    }
}

extension HDF5ElementType {
    /// Cuts fixed-length strings apart; each ends at its first NUL or at its full length.
    static func strings(
        in characters: [UInt8], of length: Int, at place: Place
    ) throws(HDF5Error) -> [String] {
        var strings: [String] = []
        for start in stride(from: 0, to: characters.count, by: length) {
            strings.append(try string(characters[start..<start + length], at: place))
        }
        return strings
    }

    /// The letters up to the first NUL.
    static func string(
        _ letters: ArraySlice<UInt8>, at place: Place
    ) throws(HDF5Error) -> String {
        guard let string = String(validating: letters.prefix { $0 != 0 }, as: UTF8.self) else {
            throw HDF5Error(.notUTF8, at: place)
        }
        return string
    }
}
