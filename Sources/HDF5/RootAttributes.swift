/// Finds the reference behind a string attribute of the root group, which the library does not
/// show, so that it can be followed with care.
///
/// After the file format's specification: superblock (II.A), object header (IV.A), attribute
/// message (IV.A.2.m). Attributes in dense storage (more than eight) are left to the library.
struct RootAttributes {
    private let bytes: FileBytes
    /// The most blocks of one object header; a damaged one could lead in circles.
    private static let mostBlocks = 64
    private static let (attributeMessage, continuationMessage) = (0x0C, 0x10)
    private static let variableLengthClass: UInt8 = 9

    init(_ bytes: FileBytes) { self.bytes = bytes }

    /// The reference of a scalar variable-length string; nil where there is none to be seen.
    func stringReference(_ name: String) throws(HDF5Error) -> HeapReference? {
        guard let header = try rootHeader() else { return nil }
        var blocks = try firstBlock(of: header).map { [$0] } ?? []
        var next = 0
        while next < blocks.count, next < Self.mostBlocks {
            let block = blocks[next]
            next += 1
            for (type, body) in messages(in: block) {
                if type == Self.attributeMessage, let found = reference(of: name, in: body) {
                    return found
                }
                if type == Self.continuationMessage, body.count >= 16 {
                    blocks.append(try continuation(body, after: block))
                }
            }
        }
        return nil
    }

    private struct Block {
        let bytes: [UInt8]
        /// Version 1 pads message headers to 8 bytes.
        let version: Int
        /// Whether version 2's messages carry their order of creation.
        let hasOrder: Bool
    }

    private func rootHeader() throws(HDF5Error) -> UInt64? {
        let block = try bytes.read(48, at: 0)
        switch block[8] {
        case 0, 1:
            guard block[13] == 8, block[14] == 8 else { return nil }
            let start = block[8] == 0 ? 64 : 68
            return try bytes.read(8, at: UInt64(start)).number(UInt64.self, at: 0)
        case 2, 3:
            guard block[9] == 8, block[10] == 8 else { return nil }
            return block.number(UInt64.self, at: 36)
        default: return nil
        }
    }

    private func firstBlock(of header: UInt64) throws(HDF5Error) -> Block? {
        let start = try bytes.read(16, at: header)
        if start.starts(with: "OHDR".utf8) {
            let flags = start[5]
            let extra = (flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0)
            let width = 1 << Int(flags & 3)
            let sizeBytes = try bytes.read(width, at: header + 6 + UInt64(extra))
            let size = sizeBytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard let count = Int(exactly: size) else { return nil }
            return Block(
                bytes: try bytes.read(count, at: header + UInt64(6 + extra + width)), version: 2,
                hasOrder: flags & 0x04 != 0)
        }
        guard start[0] == 1 else { return nil }
        let size = Int(start.number(UInt32.self, at: 8))
        return Block(bytes: try bytes.read(size, at: header + 16), version: 1, hasOrder: false)
    }

    private func continuation(
        _ body: [UInt8], after block: Block
    ) throws(HDF5Error) -> Block {
        guard let length = Int(exactly: body.number(UInt64.self, at: 8)) else {
            throw HDF5Error(.damaged("an object header is endless"), at: bytes.place)
        }
        var content = try bytes.read(length, at: body.number(UInt64.self, at: 0))
        // Version 2 frames a block with "OCHK" and a checksum.
        if block.version == 2, content.count >= 8 { content = Array(content[4..<length - 4]) }
        return Block(bytes: content, version: block.version, hasOrder: block.hasOrder)
    }

    private func messages(in block: Block) -> [(type: Int, body: [UInt8])] {
        let headerBytes = block.version == 1 ? 8 : block.hasOrder ? 6 : 4
        var found: [(Int, [UInt8])] = []
        var position = 0
        while block.bytes.count - position >= headerBytes {
            let type =
                block.version == 1
                ? Int(block.bytes.number(UInt16.self, at: position)) : Int(block.bytes[position])
            let sizeAt = position + (block.version == 1 ? 2 : 1)
            let start = position + headerBytes
            let end = start + Int(block.bytes.number(UInt16.self, at: sizeAt))
            guard end <= block.bytes.count else { break }
            found.append((type, Array(block.bytes[start..<end])))
            position = end
        }
        return found
    }

    private func reference(of name: String, in body: [UInt8]) -> HeapReference? {
        guard body.count >= 9, (1...3).contains(body[0]), body[0] == 1 || body[1] & 3 == 0 else {
            return nil
        }
        // Version 1 pads each part to 8 bytes; version 3 adds the name's character set.
        let version = body[0]
        let sizes = [2, 4, 6].map { Int(body.number(UInt16.self, at: $0)) }
        let spans = sizes.map { version == 1 ? ($0 + 7) / 8 * 8 : $0 }
        let nameStart = version == 3 ? 9 : 8
        let typeStart = nameStart + spans[0]
        let dataStart = typeStart + spans[1] + spans[2]
        guard dataStart + HeapReference.byteCount <= body.count, spans[1] >= 2 else { return nil }
        let letters = body[nameStart..<nameStart + sizes[0]].prefix { $0 != 0 }
        let isString =
            body[typeStart] & 0x0F == Self.variableLengthClass && body[typeStart + 1] & 0x0F == 1
        guard letters.elementsEqual(name.utf8), isString else { return nil }
        return HeapReference(body, at: dataStart)
    }
}
