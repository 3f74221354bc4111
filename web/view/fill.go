package view

import (
	"html/template"
	"reflect"
	"time"
)

// filled makes a value of t with every string, list, pointer and flag set, so that executing a template with it
// reaches the branches an empty value skips. Depth is bounded because some structs contain their own kind.
func filled(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	fill(v, 0)
	return v
}

func fill(v reflect.Value, depth int) {
	if depth > 8 || !v.CanSet() {
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 3, 2, 16, 30, 0, 0, time.UTC)))
		return
	case template.HTML:
		v.Set(reflect.ValueOf(template.HTML("样例")))
		return
	}
	if v.Type() == reflect.TypeFor[Component]() {
		v.Set(filled(reflect.TypeFor[Notice]())) // any will do: New executes every component's own partial
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("样例")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(3)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(3)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), depth+1)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, depth+1)
		}
	}
}
