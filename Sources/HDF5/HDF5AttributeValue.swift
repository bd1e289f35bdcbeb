import CHDF5
import Foundation

/// The value of a scalar attribute.
public enum HDF5AttributeValue: Hashable, Sendable {
    case string(String)
    case integer(Int64)
    case float(Double)
}

extension HDF5AttributeValue: CustomStringConvertible {
    public var description: String {
        switch self {
        case .string(let value): value
        case .integer(let value): "\(value)"
        case .float(let value): "\(value)"
        }
    }
}

extension HDF5File {
    /// Reads a scalar attribute; nil where the object has none of this name.
    public func attribute(
        _ name: String, of object: String = "/"
    ) throws(HDF5Error) -> HDF5AttributeValue? {
        let place = Place(path: path, object: "\(object), attribute \(name)")
        let owner = try openOwner(object)
        let ownerID = owner.id
        if object == "/", let bytes,
            let reference = try RootAttributes(bytes).stringReference(name)
        {
            var heap = GlobalHeap(bytes)
            let letters = try heap.data(of: reference, at: place)
            return .string(try HDF5ElementType.string(letters, at: place))
        }
        let there = try HDF5Library.attempt("look for the attribute", at: place) {
            H5Aexists(ownerID, name)
        }
        guard there > 0 else { return nil }
        let attribute = try Handle(.attribute, "open the attribute", at: place) {
            H5Aopen(ownerID, name, 0)
        }
        return try HDF5AttributeValue(of: attribute, at: place)
    }

    /// Writes a scalar attribute of an object in a new file.
    public func setAttribute(
        _ name: String, to value: HDF5AttributeValue, of object: String = "/"
    ) throws(HDF5Error) {
        let place = Place(path: path, object: "\(object), attribute \(name)")
        let owner = try openOwner(object)
        let type = try value.elementType.native(at: place)
        let space = try Handle(.dataspace, "make a scalar", at: place) { H5Screate(H5S_SCALAR) }
        let (ownerID, typeID, spaceID) = (owner.id, type.id, space.id)
        let attribute = try Handle(.attribute, "create the attribute", at: place) {
            H5Acreate2(ownerID, name, typeID, spaceID, 0, 0)
        }
        let id = attribute.id
        try HDF5Library.attempt("write the attribute", at: place) {
            switch value {
            case .integer(var number): return H5Awrite(id, typeID, &number)
            case .float(var number): return H5Awrite(id, typeID, &number)
            case .string(let text):
                return text.withCString { letters in
                    var pointer: UnsafePointer<CChar>? = letters
                    return H5Awrite(id, typeID, &pointer)
                }
            }
        }
    }

    /// Attributes hang on groups and datasets; `H5Aexists` and its like take either.
    private func openOwner(_ object: String) throws(HDF5Error) -> Handle {
        let place = Place(path: path, object: object)
        let file = handle.id
        switch try kind(of: object) {
        case .group:
            return try Handle(.group, "open the group", at: place) { H5Gopen2(file, object, 0) }
        case .dataset:
            return try Handle(.dataset, "open the dataset", at: place) { H5Dopen2(file, object, 0) }
        case .type:
            return try Handle(.datatype, "open the type", at: place) { H5Topen2(file, object, 0) }
        case nil: throw HDF5Error(.noSuchObject, at: place)
        }
    }
}

extension HDF5AttributeValue {
    fileprivate var elementType: HDF5ElementType {
        switch self {
        case .string: .string
        case .integer: .int64
        case .float: .float64
        }
    }

    fileprivate init(of attribute: Handle, at place: Place) throws(HDF5Error) {
        let id = attribute.id
        let space = try Handle(.dataspace, "read the shape", at: place) { H5Aget_space(id) }
        let spaceID = space.id
        let count = try HDF5Library.attempt("read the shape", at: place) {
            H5Sget_simple_extent_npoints(spaceID)
        }
        guard count == 1 else {
            throw HDF5Error(.outOfBounds("expected one value, found \(count)."), at: place)
        }
        let stored = try Handle(.datatype, "read the type", at: place) { H5Aget_type(id) }
        let type = try HDF5ElementType(of: stored, at: place)
        switch type {
        case .string: self = .string(try Self.variableString(attribute, space, at: place))
        case .fixedString(let bytes):
            var characters = [UInt8](repeating: 0, count: bytes)
            let typeID = stored.id
            try HDF5Library.attempt("read the attribute", at: place) {
                H5Aread(id, typeID, &characters)
            }
            let strings = try HDF5ElementType.strings(in: characters, of: bytes, at: place)
            self = .string(strings.first ?? "")
        case .integer where type.widens(to: .int64):
            var number: Int64 = 0
            try HDF5Library.attempt("read the attribute", at: place) {
                H5Aread(id, CHDF5_native_int64(), &number)
            }
            self = .integer(number)
        case .float:
            var number = 0.0
            try HDF5Library.attempt("read the attribute", at: place) {
                H5Aread(id, CHDF5_native_double(), &number)
            }
            self = .float(number)
        default: throw HDF5Error(.wrongType(expected: .string, actual: type), at: place)
        }
    }

    private static func variableString(
        _ attribute: Handle, _ space: Handle, at place: Place
    ) throws(HDF5Error) -> String {
        let native = try HDF5ElementType.string.native(at: place)
        let (id, typeID, spaceID) = (attribute.id, native.id, space.id)
        var pointer: UnsafeMutablePointer<CChar>?
        try HDF5Library.attempt("read the attribute", at: place) { H5Aread(id, typeID, &pointer) }
        defer { _ = HDF5Library.call { H5Dvlen_reclaim(typeID, spaceID, 0, &pointer) } }
        guard let pointer else { return "" }
        guard let string = String(validatingCString: pointer) else {
            throw HDF5Error(.notUTF8, at: place)
        }
        return string
    }
}
