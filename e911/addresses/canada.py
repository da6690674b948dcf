"""The names of Canadian cities, towns and boroughs, by province.

Where a line has no comma, only knowing the city tells where the street ends: "58 rue Principale
Ripon". No package has them. The list need not be complete: a city that is not in it is still
understood after a comma.
"""

from __future__ import annotations

CITIES = {
    "AB": (
        "Airdrie|Athabasca|Banff|Barrhead|Beaumont|Black Diamond|Blackfalds|Bonnyville|"
        "Bragg Creek|Brooks|Calgary|Camrose|Canmore|Cardston|Chestermere|Claresholm|Coaldale|"
        "Cochrane|Cold Lake|Crossfield|Devon|Didsbury|Drayton Valley|Drumheller|Edmonton|"
        "Edson|Fairview|Fort Macleod|Fort McMurray|Fort Saskatchewan|Grande Cache|"
        "Grande Prairie|High Level|High Prairie|High River|Hinton|Innisfail|Jasper|"
        "Lac La Biche|Lacombe|Leduc|Lethbridge|Lloydminster|Medicine Hat|Morinville|Okotoks|"
        "Olds|Peace River|Penhold|Pincher Creek|Ponoka|Raymond|Red Deer|Redwater|Rimbey|"
        "Rocky Mountain House|Sherwood Park|Slave Lake|Spruce Grove|St. Albert|St. Paul|"
        "Stettler|Stony Plain|Strathmore|Sundre|Swan Hills|Sylvan Lake|Taber|Three Hills|"
        "Turner Valley|Vegreville|Vermilion|Vulcan|Wainwright|Westlock|Wetaskiwin|Whitecourt"
    ),
    "BC": (
        "100 Mile|100 Mile House|Abbotsford|Agassiz|Aldergrove|Armstrong|Ashcroft|"
        "Bowen Island|Burnaby|Burns Lake|Cache Creek|Campbell River|Castlegar|Chase|Chetwynd|"
        "Chilliwack|Cloverdale|Cobble Hill|Coldstream|Colwood|Comox|Coquitlam|Courtenay|"
        "Cranbrook|Creston|Cumberland|Dawson Creek|Delta|Duncan|Enderby|Esquimalt|Fernie|"
        "Fort Nelson|Fort St. James|Fort St. John|Gabriola Island|Ganges|Gibsons|Golden|"
        "Grand Forks|Hope|Houston|Invermere|Kamloops|Kaslo|Kelowna|Kimberley|Kitimat|Ladner|"
        "Ladysmith|Lake Country|Langford|Langley|Lillooet|Logan Lake|Mackenzie|Maple Ridge|"
        "Merritt|Mill Bay|Mission|Nanaimo|Nelson|New Westminster|North Saanich|"
        "North Vancouver|Oak Bay|Oliver|Osoyoos|Parksville|Peachland|Pemberton|Penticton|"
        "Pitt Meadows|Port Alberni|Port Coquitlam|Port Hardy|Port McNeill|Port Moody|"
        "Powell River|Prince George|Prince Rupert|Princeton|Qualicum Beach|Quesnel|Revelstoke|"
        "Richmond|Rossland|Saanich|Saanichton|Salmon Arm|Salt Spring Island|Sechelt|Sicamous|"
        "Sidney|Smithers|Sooke|Sparwood|Squamish|Summerland|Surrey|Terrace|Tofino|Trail|"
        "Tsawwassen|Tumbler Ridge|Ucluelet|Vancouver|Vanderhoof|Vernon|Victoria|View Royal|"
        "West Kelowna|West Vancouver|Whistler|White Rock|Williams Lake"
    ),
    "MB": (
        "Altona|Arborg|Beausejour|Boissevain|Brandon|Carman|Churchill|Dauphin|Flin Flon|Gimli|"
        "Killarney|La Broquerie|Lac du Bonnet|Lorette|Minnedosa|Morden|Morris|Neepawa|"
        "Niverville|Oakbank|Portage la Prairie|Roblin|Russell|Saint-Boniface|Selkirk|Souris|"
        "St. Andrews|St. Boniface|Ste. Anne|Steinbach|Stonewall|Stony Mountain|Swan River|"
        "Teulon|The Pas|Thompson|Virden|Winkler|Winnipeg|Winnipeg Beach"
    ),
    "NB": (
        "Atholville|Bathurst|Beresford|Bouctouche|Campbellton|Caraquet|Chatham|Cocagne|"
        "Dalhousie|Dieppe|Edmundston|Fredericton|Grand Bay-Westfield|Grand Falls|Grand-Sault|"
        "Hampton|Hanwell|Hartland|Kedgwick|Lamèque|Memramcook|Miramichi|Moncton|Neguac|"
        "New Maryland|Newcastle|Oromocto|Perth-Andover|Petit-Rocher|Quispamsis|Richibucto|"
        "Riverview|Rogersville|Rothesay|Sackville|Saint John|Saint-Quentin|Shediac|Shippagan|"
        "St. Andrews|St. George|St. Stephen|Sussex|Tracadie|Tracadie-Sheila|Woodstock"
    ),
    "NL": (
        "Bay Roberts|Bonavista|Botwood|Carbonear|Channel-Port aux Basques|Clarenville|"
        "Conception Bay South|Corner Brook|Deer Lake|Gander|Goose Bay|Grand Bank|"
        "Grand Falls-Windsor|Happy Valley-Goose Bay|Holyrood|Labrador City|Lewisporte|"
        "Marystown|Mount Pearl|Paradise|Pasadena|Placentia|Port aux Basques|"
        "Portugal Cove-St. Philip's|Springdale|St. Anthony|St. John's|Stephenville|Torbay|"
        "Wabush"
    ),
    "NS": (
        "Amherst|Antigonish|Baddeck|Bedford|Berwick|Bible Hill|Bridgetown|Bridgewater|Chester|"
        "Chéticamp|Clare|Cole Harbour|Dartmouth|Digby|Eastern Passage|Elmsdale|Enfield|"
        "Fall River|Glace Bay|Halifax|Hammonds Plains|Kentville|Kingston|Liverpool|"
        "Lower Sackville|Lunenburg|Mahone Bay|Middleton|New Glasgow|New Minas|New Waterford|"
        "North Sydney|Oxford|Pictou|Port Hawkesbury|Sackville|Shelburne|Springhill|Stellarton|"
        "Sydney|Sydney Mines|Tantallon|Timberlea|Trenton|Truro|Upper Tantallon|Windsor|"
        "Wolfville|Yarmouth"
    ),
    "NT": (
        "Behchokǫ̀|Fort Simpson|Fort Smith|Hay River|Inuvik|Norman Wells|Tuktoyaktuk|Yellowknife"
    ),
    "NU": (
        "Arviat|Baker Lake|Cambridge Bay|Igloolik|Iqaluit|Kugluktuk|Pangnirtung|Pond Inlet|"
        "Rankin Inlet"
    ),
    "ON": (
        "Acton|Ajax|Alexandria|Alfred|Alliston|Almonte|Amherstburg|Ancaster|Angus|Arnprior|"
        "Arthur|Athens|Atikokan|Aurora|Aylmer|Ayr|Bancroft|Barrie|Barry's Bay|Beamsville|"
        "Beaverton|Beeton|Belle River|Belleville|Blenheim|Blind River|Bobcaygeon|Bolton|"
        "Bowmanville|Bracebridge|Bradford|Brampton|Brantford|Brighton|Brockville|Burlington|"
        "Caledon|Caledonia|Cambridge|Campbellford|Cannington|Carleton Place|Carp|Casselman|"
        "Chatham|Chesley|Clinton|Cobourg|Cochrane|Colborne|Collingwood|Concord|Cornwall|"
        "Courtice|Deep River|Delhi|Don Mills|Dorchester|Dresden|Dryden|Dundalk|Dundas|"
        "Dunnville|Durham|East York|Elliot Lake|Elmira|Elmvale|Elora|Embrun|Erin|Espanola|"
        "Essex|Etobicoke|Exeter|Fenelon Falls|Fergus|Flamborough|Fonthill|Forest|Fort Erie|"
        "Fort Frances|Gananoque|Georgetown|Georgina|Geraldton|Gloucester|Goderich|Gravenhurst|"
        "Greely|Grimsby|Guelph|Hagersville|Haileybury|Haliburton|Hamilton|Hanover|Harrow|"
        "Hawkesbury|Hearst|Huntsville|Ingersoll|Innisfil|Iroquois Falls|Jackson's Point|"
        "Kanata|Kapuskasing|Kemptville|Kenora|Keswick|Kincardine|King City|Kingston|"
        "Kingsville|Kirkland Lake|Kitchener|Kleinburg|L'Orignal|Lakefield|Lambeth|Leamington|"
        "Lindsay|Listowel|Little Current|London|Lucan|Madoc|Manotick|Maple|Marathon|Markdale|"
        "Markham|Marmora|Mattawa|Meaford|Merrickville|Metcalfe|Midland|Milton|Milverton|"
        "Minden|Mississauga|Mitchell|Moosonee|Morrisburg|Mount Albert|Mount Forest|Napanee|"
        "Nepean|New Hamburg|New Liskeard|Newcastle|Newmarket|Niagara Falls|"
        "Niagara-on-the-Lake|Nobleton|North Bay|North York|Norwich|Oakville|Orangeville|"
        "Orillia|Orléans|Oro-Medonte|Orono|Oshawa|Ottawa|Owen Sound|Palmerston|Paris|"
        "Parry Sound|Pembroke|Penetanguishene|Perth|Petawawa|Peterborough|Petrolia|Pickering|"
        "Picton|Port Colborne|Port Credit|Port Dover|Port Elgin|Port Hope|Port Perry|"
        "Port Stanley|Prescott|Puslinch|Queensville|Renfrew|Richmond|Richmond Hill|Ridgetown|"
        "Ridgeway|Rockland|Rockwood|Sarnia|Sault Ste. Marie|Scarborough|Schomberg|Seaforth|"
        "Sharbot Lake|Shelburne|Simcoe|Sioux Lookout|Smiths Falls|Smithville|Southampton|"
        "Stayner|St. Catharines|St. Jacobs|St. Marys|St. Thomas|Stirling|Stittsville|"
        "Stoney Creek|Stouffville|Stratford|Strathroy|Sturgeon Falls|Sudbury|Greater Sudbury|"
        "Sutton|Tavistock|Tecumseh|Temiskaming Shores|Terrace Bay|Thamesford|Thamesville|"
        "Thessalon|Thornbury|Thornhill|Thorold|Thunder Bay|Tilbury|Tillsonburg|Timmins|"
        "Toronto|Tottenham|Trenton|Tweed|Unionville|Uxbridge|Val Caron|Vanier|Vankleek Hill|"
        "Vaughan|Virgil|Walkerton|Wallaceburg|Wasaga Beach|Waterdown|Waterford|Waterloo|"
        "Watford|Wawa|Welland|Wellington|West Lorne|Whitby|Whitchurch-Stouffville|Wiarton|"
        "Willowdale|Winchester|Windsor|Wingham|Winona|Woodbridge|Woodstock|York"
    ),
    "PE": (
        "Alberton|Charlottetown|Cornwall|Kensington|Montague|Souris|Stratford|Summerside|Tignish"
    ),
    "QC": (
        "Acton Vale|Ahuntsic|Ahuntsic-Cartierville|Alma|Amos|Amqui|Anjou|Asbestos|Aylmer|"
        "Baie-Comeau|Baie-d'Urfé|Baie-Saint-Paul|Beaconsfield|Beauceville|Beauharnois|"
        "Beauport|Beloeil|Berthierville|Blainville|Boisbriand|Bois-des-Filion|Boucherville|"
        "Brigham|Bromont|Brossard|Buckingham|Candiac|Cantley|Cap-de-la-Madeleine|Cap-Rouge|"
        "Carignan|Chambly|Chandler|Charlemagne|Charlesbourg|Charny|Châteauguay|Chelsea|"
        "Chibougamau|Chicoutimi|Coaticook|Contrecoeur|Cookshire-Eaton|Coteau-du-Lac|"
        "Côte Saint-Luc|Cowansville|Danville|Delson|Deux-Montagnes|Disraeli|"
        "Dolbeau-Mistassini|Dollard-des-Ormeaux|Dollard-Des Ormeaux|Donnacona|Dorval|"
        "Drummondville|Dunham|East Angus|Farnham|Fermont|Ferme-Neuve|Forestville|Gaspé|"
        "Gatineau|Gore|Granby|Grand-Mère|Greenfield Park|Grenville|Hampstead|"
        "Havre-Saint-Pierre|Hudson|Hull|Huntingdon|Île Bizard|Île-Perrot|L'Île-Perrot|"
        "Île des Soeurs|L'Île-des-Soeurs|Joliette|Jonquière|Kirkland|Knowlton|"
        "L'Ancienne-Lorette|L'Ange-Gardien|L'Assomption|L'Épiphanie|La Baie|La Malbaie|"
        "La Pocatière|La Prairie|La Sarre|La Tuque|Lac-Beauport|Lac-Brome|Lac-Mégantic|"
        "Lac-Saguay|Lachenaie|Lachine|Lachute|LaSalle|Laval|Lavaltrie|Le Gardeur|"
        "Lebel-sur-Quévillon|Lévis|Longueuil|Loretteville|Lorraine|Louiseville|Magog|Malartic|"
        "Maniwaki|Marieville|Mascouche|Masson-Angers|Matagami|Matane|McMasterville|Mercier|"
        "Métabetchouan|Mirabel|Mont-Joli|Mont-Laurier|Mont-Royal|Mont-Saint-Hilaire|"
        "Mont-Tremblant|Mont Tremblant|Montmagny|Montréal|Montréal-Est|Montréal-Nord|"
        "Montréal-Ouest|Montreal West|Morin-Heights|Mount Royal|New Carlisle|New Richmond|"
        "Nicolet|Notre-Dame-de-l'Île-Perrot|Notre-Dame-des-Prairies|Nouvelle|Oka|"
        "Otterburn Park|Outremont|Papineauville|Percé|Piedmont|Pierrefonds|"
        "Pierrefonds-Roxboro|Pincourt|Plessisville|Pohénégamook|Pointe-Calumet|Pointe-Claire|"
        "Pointe-aux-Trembles|Pont-Rouge|Pontiac|Port-Cartier|Prévost|Princeville|Québec|"
        "Quebec City|Rawdon|Repentigny|Richelieu|Richmond|Rigaud|Rimouski|Ripon|"
        "Rivière-des-Prairies|Rivière-du-Loup|Roberval|Rosemère|Rosemont|Rougemont|"
        "Rouyn-Noranda|Roxboro|Saguenay|Saint-Adolphe-d'Howard|Saint-Alexandre|Saint-Amable|"
        "Saint-Anselme|Saint-Antoine|Saint-Apollinaire|Saint-Augustin-de-Desmaures|"
        "Saint-Basile-le-Grand|Saint-Bruno|Saint-Bruno-de-Montarville|Saint-Calixte|"
        "Saint-Césaire|Saint-Charles-Borromée|Saint-Colomban|Saint-Constant|"
        "Saint-Denis-de-Brompton|Saint-Donat|Saint-Émile|Saint-Étienne-des-Grès|"
        "Saint-Eustache|Saint-Félicien|Saint-Félix-de-Valois|Saint-Gabriel|Saint-Georges|"
        "Saint-Germain-de-Grantham|Saint-Henri|Saint-Hippolyte|Saint-Hubert|Saint-Hyacinthe|"
        "Saint-Jean-sur-Richelieu|Saint-Jérôme|Saint-Joseph-de-Beauce|Saint-Joseph-du-Lac|"
        "Saint-Lambert|Saint-Laurent|Saint-Lazare|Saint-Léonard|Saint-Lin-Laurentides|"
        "Saint-Mathieu-de-Beloeil|Saint-Nicolas|Saint-Pascal|Saint-Paul|Saint-Philippe|"
        "Saint-Pie|Saint-Raymond|Saint-Rémi|Saint-Romuald|Saint-Sauveur|Saint-Tite|"
        "Saint-Zotique|Sainte-Adèle|Sainte-Agathe-des-Monts|Sainte-Anne-de-Beaupré|"
        "Sainte-Anne-de-Bellevue|Sainte-Anne-des-Monts|Sainte-Anne-des-Plaines|"
        "Sainte-Catherine|Sainte-Catherine-de-la-Jacques-Cartier|Sainte-Dorothée|Sainte-Foy|"
        "Sainte-Geneviève|Sainte-Julie|Sainte-Julienne|Sainte-Marie|Sainte-Marthe-sur-le-Lac|"
        "Sainte-Martine|Sainte-Rose|Sainte-Sophie|Sainte-Thérèse|Salaberry-de-Valleyfield|"
        "Senneterre|Senneville|Sept-Îles|Shannon|Shawinigan|Sherbrooke|Sillery|Sorel-Tracy|"
        "Stoneham|Stoneham-et-Tewkesbury|Sutton|Témiscouata-sur-le-Lac|Terrebonne|"
        "Thetford Mines|Thurso|Trois-Pistoles|Trois-Rivières|Val-Bélair|Val-d'Or|Val-David|"
        "Val-des-Monts|Val-Morin|Valcourt|Valleyfield|Vanier|Varennes|Vaudreuil|"
        "Vaudreuil-Dorion|Verchères|Verdun|Victoriaville|Ville-Marie|Wakefield|Warwick|"
        "Waterloo|Waterville|Wendake|Westmount|Windsor"
    ),
    "SK": (
        "Assiniboia|Battleford|Biggar|Canora|Carlyle|Esterhazy|Estevan|Fort Qu'Appelle|"
        "Humboldt|Indian Head|Kamsack|Kindersley|La Ronge|Lloydminster|Lumsden|Maple Creek|"
        "Martensville|Meadow Lake|Melfort|Melville|Moose Jaw|Moosomin|Nipawin|"
        "North Battleford|Outlook|Pilot Butte|Prince Albert|Regina|Rosetown|Saskatoon|"
        "Shaunavon|Swift Current|Tisdale|Unity|Warman|Weyburn|White City|Wynyard|Yorkton"
    ),
    "YT": "Carcross|Dawson|Dawson City|Haines Junction|Watson Lake|Whitehorse",
}
