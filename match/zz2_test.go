package match
import ("testing";"fmt")
func TestZDbg(t *testing.T){ s:="曝气电耗降低 17%-23%(九厂)"; for i:=range s { if q,ok:=readQuantity(s,i);ok{fmt.Printf("%d %+v\n",i,q)}}; r:=&reader{}; r.fold(s); fmt.Println(r.clauses()); n,l:=trimLead("曝气电耗降低 "); fmt.Println(n,l) }
