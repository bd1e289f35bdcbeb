import CHDF5

extension HDF5File {
    public enum ObjectKind: String, Sendable { case group, dataset, type }

    /// Whether the file holds an object at `object`; false too for a link that leads nowhere.
    public func exists(_ object: String) throws(HDF5Error) -> Bool {
        let place = Place(path: path, object: object)
        let id = handle.id
        var prefix = ""
        for name in object.split(separator: "/") {
            prefix += "/" + name
            let there = try HDF5Library.attempt("look for \(prefix)", at: place) {
                H5Lexists(id, prefix, 0)
            }
            if there == 0 { return false }
            let leads = try HDF5Library.attempt("look for \(prefix)", at: place) {
                H5Oexists_by_name(id, prefix, 0)
            }
            if leads == 0 { return false }
            if prefix.utf8.count < object.utf8.count, try kindOfPresent(prefix) != .group {
                return prefix.dropFirst() == object.drop { $0 == "/" }
            }
        }
        return true
    }

    /// What the object at `object` is; nil where there is none.
    public func kind(of object: String) throws(HDF5Error) -> ObjectKind? {
        try exists(object) ? kindOfPresent(object) : nil
    }

    /// The names in a group, in byte order.
    public func names(in group: String) throws(HDF5Error) -> [String] {
        let place = Place(path: path, object: group)
        try require(.group, at: place)
        let id = handle.id
        var names: [String] = []
        var info = H5G_info_t()
        let node = try Handle(.group, "open the group", at: place) { H5Gopen2(id, group, 0) }
        let nodeID = node.id
        try HDF5Library.attempt("read the group", at: place) { H5Gget_info(nodeID, &info) }
        for index in 0..<info.nlinks {
            names.append(try name(at: index, in: nodeID, place))
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Makes a group, and those above it, where they are not there yet.
    public func createGroup(_ group: String) throws(HDF5Error) {
        let place = Place(path: path, object: group)
        let properties = try HDF5File.untimedProperties(CHDF5_group_create, at: place)
        let (file, propertiesID) = (handle.id, properties.id)
        var prefix = ""
        for name in group.split(separator: "/") {
            prefix += "/" + name
            if try exists(prefix) { continue }
            _ = try Handle(.group, "create the group", at: place) {
                H5Gcreate2(file, prefix, 0, propertiesID, 0)
            }
        }
    }

    /// Makes the groups on the way to a new object.
    func createGroups(above object: String) throws(HDF5Error) {
        try createGroup(object.split(separator: "/").dropLast().joined(separator: "/"))
    }

    /// Properties for an object that does not note when it was made: equal contents make equal
    /// files.
    static func untimedProperties(
        _ kind: () -> hid_t, at place: Place
    ) throws(HDF5Error) -> Handle {
        let properties = try Handle(.properties, "prepare an object", at: place) {
            H5Pcreate(kind())
        }
        let id = properties.id
        try HDF5Library.attempt("prepare an object", at: place) {
            H5Pset_obj_track_times(id, false)
        }
        return properties
    }

    private func name(
        at index: hsize_t, in group: hid_t, _ place: Place
    ) throws(HDF5Error) -> String {
        let length = try HDF5Library.attempt("list the group", at: place) {
            H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, nil, 0, 0)
        }
        var bytes = [UInt8](repeating: 0, count: length + 1)
        let capacity = bytes.count
        try bytes.withUnsafeMutableBufferPointer { (bytes) throws(HDF5Error) in
            let start = UnsafeMutableRawPointer(bytes.baseAddress)?
                .assumingMemoryBound(to: CChar.self)
            try HDF5Library.attempt("list the group", at: place) {
                H5Lget_name_by_idx(
                    group, ".", H5_INDEX_NAME, H5_ITER_INC, index, start, capacity, 0)
            }
        }
        guard let name = String(validating: bytes.prefix(length), as: UTF8.self) else {
            throw HDF5Error(.notUTF8, at: place)
        }
        return name
    }

    private func kindOfPresent(_ object: String) throws(HDF5Error) -> ObjectKind {
        let place = Place(path: path, object: object)
        let file = handle.id
        let id = try HDF5Library.attempt("open the object", at: place) { H5Oopen(file, object, 0) }
        let type = HDF5Library.value { H5Iget_type(id) }
        try HDF5Library.attempt("close the object", at: place) { H5Oclose(id) }
        return switch type {
        case H5I_GROUP: .group
        case H5I_DATASET: .dataset
        default: .type
        }
    }

    func require(_ expected: ObjectKind, at place: Place) throws(HDF5Error) {
        let object = place.object ?? "/"
        guard let actual = try kind(of: object) else { throw HDF5Error(.noSuchObject, at: place) }
        guard actual == expected else {
            throw HDF5Error(
                .wrongKind(expected: expected.rawValue, actual: actual.rawValue), at: place)
        }
    }
}
